"""Frequent nouns and adjectives of advertising: Russian ones by their dictionary form, English ones with all forms."""

from __future__ import annotations

RUSSIAN = """
скидка распродажа акция подарок цена товар магазин покупка заказ доставка бонус кешбэк рассрочка кредит банк карта
счёт деньги рубль копейка процент выгода купон промокод подписка сервис услуга клиент человек ребёнок женщина
мужчина друг семья дом квартира кухня спальня окно дверь стол стул кресло диван кровать подушка одеяло полотенце
ковёр лампа кружка чашка ложка вилка нож тарелка сковорода кастрюля чайник утюг пылесос холодильник телефон ноутбук
наушник часы сумка рюкзак кошелёк ремень очки платье юбка рубашка брюки пальто куртка шапка шарф перчатка носок
ботинок сапог туфля кроссовок день неделя месяц год утро вечер лето осень зима весна отдых отпуск путешествие билет
отель море пляж солнце лёд огонь вода сок чай кофе хлеб торт яйцо мясо яблоко огурец цветок письмо сердце песня
игра новый хороший дешёвый дорогой лучший большой маленький лёгкий мягкий тёплый красный синий белый чёрный быстрый
вкусный свежий полезный бесплатный детский женский мужской зимний последний горячий
""".split()  # noqa: SIM905 - a hundred words in quotes are hard to read

ENGLISH = [
    line.split()
    for line in """
sale sales
offer offers
gift gifts
price prices
discount discounts
bonus bonuses
voucher vouchers
coupon coupons
shop shops
store stores
delivery deliveries
order orders
product products
service services
company companies
city cities
country countries
family families
party parties
story stories
battery batteries
accessory accessories
child children
man men
woman women
person persons people
foot feet
tooth teeth
mouse mice
wife wives
knife knives
life lives
shelf shelves
scarf scarves
leaf leaves
half halves
loaf loaves
box boxes
watch watches
dress dresses
glass glasses
brush brushes
dish dishes
lunch lunches
sandwich sandwiches
class classes
address addresses
business businesses
tax taxes
boss bosses
photo photos
video videos
potato potatoes
tomato tomatoes
hero heroes
shoe shoes
boot boots
sock socks
hat hats
jacket jackets
coat coats
shirt shirts
bag bags
backpack backpacks
wallet wallets
belt belts
tie ties
ring rings
cup cups
mug mugs
plate plates
spoon spoons
fork forks
bottle bottles
phone phones
laptop laptops
screen screens
camera cameras
toy toys
day days
week weeks
month months
year years
holiday holidays
ticket tickets
hotel hotels
flight flights
beach beaches
car cars
bike bikes
house houses
room rooms
kitchen kitchens
window windows
pillow pillows
blanket blankets
new newer newest
good better best
bad worse worst
cheap cheaper cheapest
big bigger biggest
small smaller smallest
large larger largest
nice nicer nicest
fast faster fastest
easy easier easiest
happy happier happiest
healthy healthier healthiest
tasty tastier tastiest
fresh fresher freshest
hot hotter hottest
cold colder coldest
soft softer softest
light lighter lightest
bright brighter brightest
strong stronger strongest
warm warmer warmest
long longer longest
short shorter shortest
high higher highest
low lower lowest
""".strip().splitlines()
]
